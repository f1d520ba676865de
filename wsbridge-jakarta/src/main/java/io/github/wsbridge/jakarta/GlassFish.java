package io.github.wsbridge.jakarta;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;

/**
 * GlassFish and Payara, whose HTTP server is Grizzly. A request with an {@code Upgrade} field has a body without end
 * there, so the asynchronous request just goes on after the response's head.
 */
final class GlassFish implements ServletContainer {

    @Override
    public Upgradable prepare(HttpServletRequest request) throws ServletException {
        GrizzlySocket socket = socket(request);
        return opened -> {
            AsyncContext held = request.getAsyncContext();
            held.getResponse().flushBuffer();
            opened.accept(new GlassFishConnection(held, socket));
            return false;
        };
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
                    "not a request of GlassFish: " + inner.getClass().getName(), e);
        }
    }
}
