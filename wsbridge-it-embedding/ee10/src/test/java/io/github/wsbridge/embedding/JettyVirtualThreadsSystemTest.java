package io.github.wsbridge.embedding;

import java.util.concurrent.Executor;
import org.junit.jupiter.api.Tag;

@Tag("system")
class JettyVirtualThreadsSystemTest extends JettyEmbeddingTest {

    @Override
    Executor virtualThreads() {
        return VirtualThreads.executor();
    }
}
