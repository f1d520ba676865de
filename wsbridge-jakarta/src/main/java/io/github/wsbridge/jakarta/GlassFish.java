package io.github.wsbridge.jakarta;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/**
 * GlassFish and Payara, whose HTTP server is Grizzly. A request with an {@code Upgrade} field has a body without end
 * there, so the asynchronous request just goes on after the response's head.
 */
final class GlassFish implements ServletContainer {

    /** Not one of the JDK's own timers, whose thread would keep the application's class loader. */
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "wsbridge-filter-closing");
        thread.setDaemon(true);
        return thread;
    });

    @Override
    public Upgradable prepare(HttpServletRequest request) throws ServletException {
        GrizzlySocket socket = socket(request);
        return opened -> {
            AsyncContext held = request.getAsyncContext();
            GlassFishConnection connection = new GlassFishConnection(held, socket, timer);
            held.getResponse().flushBuffer();
            opened.accept(connection);
            return false;
        };
    }

    /** Lets connections that are being closed have their time; the thread ends with the last of them. */
    @Override
    public void close() {
        timer.shutdown();
    }

    private static GrizzlySocket socket(HttpServletRequest request) throws ServletException {
        ServletRequest inner = request;
        while (inner instanceof ServletRequestWrapper wrapper) {
            inner = wrapper.getRequest();
        }
        try {
            Object catalina =
                    inner.getClass().getMethod("getUnwrappedCoyoteRequest").invoke(inner);
            Object grizzly = catalina.getClass().getMethod("getCoyoteRequest").invoke(catalina);
            return new GrizzlySocket(
                    grizzly.getClass().getMethod("getConnection").invoke(grizzly));
        } catch (ReflectiveOperationException e) {
            throw new ServletException(
                    "cannot find the connection of a request of "
                            + inner.getClass().getName(),
                    e);
        }
    }
}
