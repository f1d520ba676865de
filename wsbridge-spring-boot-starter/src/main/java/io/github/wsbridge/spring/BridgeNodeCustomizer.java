package io.github.wsbridge.spring;

import io.github.wsbridge.core.BridgeNode;

/**
 * Changes the application's node before it is built, for settings without a property. A bean of this type is called
 * once, in the order of {@code @Order}, after the properties and the other beans have been applied. May block.
 */
@FunctionalInterface
public interface BridgeNodeCustomizer {

    /** Changes the settings. */
    void customize(BridgeNode.Builder node);
}
