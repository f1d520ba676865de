package io.github.wsbridge.embedding;

import io.github.wsbridge.jakarta.BridgeFilter;
import io.github.wsbridge.spi.Door;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import java.util.concurrent.Executor;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

class JettyEmbeddingTest extends InProcessContract {

    private Server server;

    /** What runs blocking tasks in place of the pool's threads; null for these. */
    Executor virtualThreads() {
        return null;
    }

    @Override
    int start(Door node) throws Exception {
        QueuedThreadPool pool = new QueuedThreadPool(10);
        pool.setVirtualThreadsExecutor(virtualThreads());
        server = new Server(pool);
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler(contextPath());
        FilterHolder filter = new FilterHolder(new BridgeFilter(node));
        filter.setAsyncSupported(true);
        context.addFilter(filter, "/bridge/*", EnumSet.of(DispatcherType.REQUEST));
        server.setHandler(context);
        server.start();
        return connector.getLocalPort();
    }

    @Override
    void stop() throws Exception {
        server.stop();
    }
}
