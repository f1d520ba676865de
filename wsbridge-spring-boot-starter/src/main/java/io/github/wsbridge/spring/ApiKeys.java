package io.github.wsbridge.spring;

import io.github.wsbridge.core.access.ApiKeyFile;

/** The API keys of the properties; no {@code AccessPolicy}, so that the application's own bean is the only one. */
record ApiKeys(ApiKeyFile file) {}
