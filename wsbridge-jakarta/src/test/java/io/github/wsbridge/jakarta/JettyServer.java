package io.github.wsbridge.jakarta;

import io.github.wsbridge.testkit.transport.FakeDoor;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** The filter in Jetty. */
final class JettyServer {

    private final Server server = new Server();

    int start(FakeDoor door) throws Exception {
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler("/");
        JakartaWebSocketServletContainerInitializer.configure(context, null);
        FilterHolder filter = new FilterHolder(new BridgeFilter(door));
        filter.setAsyncSupported(true);
        context.addFilter(filter, "/bridge/*", EnumSet.of(DispatcherType.REQUEST));
        server.setHandler(context);
        server.start();
        return connector.getLocalPort();
    }

    void stop() throws Exception {
        server.stop();
    }
}
