package io.github.wsbridge.jakarta;

import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.component.LifeCycle;
import org.jspecify.annotations.Nullable;

/** Jetty 12: a connection of ours in place of the one for HTTP, as Jetty's own WebSocket does it. */
final class Jetty implements ServletContainer {

    private final AtomicReference<@Nullable Server> server = new AtomicReference<>();
    private final LifeCycle.Listener stopping = new LifeCycle.Listener() {
        @Override
        public void lifeCycleStopping(LifeCycle of) {
            Runnable task = beforeStop;
            if (task != null) {
                task.run();
            }
        }
    };
    private volatile @Nullable Runnable beforeStop;

    @Override
    public Upgradable prepare(HttpServletRequest request) throws ServletException {
        Request core = core(request);
        Connector connector = core.getConnectionMetaData().getConnector();
        watch(connector.getServer());
        return opened -> {
            EndPoint endPoint = core.getConnectionMetaData().getConnection().getEndPoint();
            core.setAttribute(
                    HttpStream.UPGRADE_CONNECTION_ATTRIBUTE,
                    new JettyConnection(endPoint, connector.getExecutor(), opened));
        };
    }

    /** Jetty's request behind the one of the Servlet API, which has another class in each of Jetty's environments. */
    private static Request core(HttpServletRequest request) throws ServletException {
        ServletRequest inner = request;
        while (inner instanceof ServletRequestWrapper wrapper) {
            inner = wrapper.getRequest();
        }
        try {
            if (inner.getClass().getMethod("getRequest").invoke(inner) instanceof Request core) {
                return core;
            }
        } catch (ReflectiveOperationException e) {
            throw new ServletException(
                    "not a request of Jetty 12: " + inner.getClass().getName(), e);
        }
        throw new ServletException(
                "not a request of Jetty 12: " + inner.getClass().getName());
    }

    @Override
    public void beforeStop(Runnable task) {
        beforeStop = task;
    }

    /** A server that stops drops its connections before it ends its applications. */
    private void watch(Server of) {
        if (server.compareAndSet(null, of)) {
            of.addEventListener(stopping);
        }
    }

    @Override
    public void close() {
        Server of = server.get();
        if (of != null) {
            of.removeEventListener(stopping);
        }
    }
}
