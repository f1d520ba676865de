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

/** Jetty 12: replaces the HTTP connection by our own, as Jetty's WebSocket does. */
final class Jetty implements ServletContainer {

    private final AtomicReference<@Nullable Server> server = new AtomicReference<>();
    private final LifeCycle.Listener stopping = new LifeCycle.Listener() {
        @Override
        public void lifeCycleStopping(LifeCycle stopped) {
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
            return true;
        };
    }

    /** Returns the core request. The servlet request that wraps it has another class for each Jakarta EE version. */
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

    /** Listens for the server's stop, because Jetty drops connections before it stops the applications. */
    private void watch(Server found) {
        if (server.compareAndSet(null, found)) {
            found.addEventListener(stopping);
        }
    }

    @Override
    public void close() {
        Server watched = server.get();
        if (watched != null) {
            watched.removeEventListener(stopping);
        }
    }
}
