package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Door;
import io.github.wsbridge.testkit.transport.TestKeys;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import java.util.List;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** The filter in Jetty. */
final class JettyServer implements Host {

    private final int threads;
    private Server server;

    JettyServer() {
        this(50);
    }

    JettyServer(int threads) {
        this.threads = threads;
    }

    @Override
    public int start(Door door, TestKeys tls) throws Exception {
        server = new Server(new QueuedThreadPool(threads));
        SslContextFactory.Server keys = null;
        if (tls != null) {
            keys = new SslContextFactory.Server();
            keys.setSslContext(tls.context());
        }
        ServerConnector connector = new ServerConnector(server, keys);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler("/");
        FilterHolder filter = new FilterHolder(new BridgeFilter(door));
        filter.setAsyncSupported(true);
        for (String path : List.of("/bridge/*", "/livez", "/readyz")) {
            context.addFilter(filter, path, EnumSet.of(DispatcherType.REQUEST));
        }
        context.addServlet(Page.class, "/page");
        server.setHandler(context);
        server.start();
        return connector.getLocalPort();
    }

    @Override
    public void stop() throws Exception {
        server.stop();
    }
}
