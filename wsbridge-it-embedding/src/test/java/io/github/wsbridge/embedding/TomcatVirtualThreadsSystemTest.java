package io.github.wsbridge.embedding;

import java.util.concurrent.Executor;
import org.junit.jupiter.api.Tag;

@Tag("system")
class TomcatVirtualThreadsSystemTest extends TomcatEmbeddingTest {

    @Override
    Executor executor() {
        return VirtualThreads.executor();
    }
}
