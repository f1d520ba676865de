package io.github.wsbridge.embedding;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The virtual threads of JDK 21 and later. */
final class VirtualThreads {

    private VirtualThreads() {}

    /** Returns an executor with a virtual thread for each task. */
    static ExecutorService executor() {
        EmbeddingContract.assumeVirtualThreads();
        try {
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
