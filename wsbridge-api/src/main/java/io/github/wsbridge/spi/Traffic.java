package io.github.wsbridge.spi;

import io.github.wsbridge.Bridge;

/** How much has been relayed between two joined ends. Thread-safe; the numbers only grow. */
public interface Traffic {

    /** Returns the number of payload bytes relayed towards the device so far. */
    long bytesToDevice();

    /** Returns the number of payload bytes relayed towards the requester so far. */
    long bytesToRequester();

    /** Returns the traffic of a bridge. */
    static Traffic of(Bridge bridge) {
        return new Traffic() {
            @Override
            public long bytesToDevice() {
                return bridge.bytesToDevice();
            }

            @Override
            public long bytesToRequester() {
                return bridge.bytesToRequester();
            }
        };
    }
}
