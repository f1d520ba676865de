/**
 * The remote access website: a reverse proxy from browsers to the web servers of devices, at a host name for each
 * device.
 */
@NullMarked
package io.github.wsbridge.website;

import org.jspecify.annotations.NullMarked;
