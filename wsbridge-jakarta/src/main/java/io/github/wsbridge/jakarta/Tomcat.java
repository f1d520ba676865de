package io.github.wsbridge.jakarta;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;

/** Tomcat: uses its internal upgrade handlers, which can stop reading. */
final class Tomcat implements ServletContainer {

    /** Never called: the filter answers the requests. */
    private static final class Placeholder extends HttpServlet {
        private static final long serialVersionUID = 1;
    }

    /**
     * Adds a servlet for the paths. Tomcat calls a filter only if a servlet is mapped to the path, and supports
     * asynchronous requests only if that servlet does, which the default servlet does not.
     */
    Tomcat(ServletContext context, String... paths) throws ServletException {
        try {
            ServletRegistration.Dynamic placeholder = context.addServlet("io.github.wsbridge", new Placeholder());
            if (placeholder != null) {
                placeholder.setAsyncSupported(true);
                placeholder.addMapping(paths);
            }
        } catch (IllegalStateException e) {
            throw new ServletException("the bridge's filter must be initialized while its application starts", e);
        }
    }

    @Override
    public Upgradable prepare(HttpServletRequest request) {
        return opened -> {
            request.upgrade(TomcatUpgrade.class).opened(opened);
            return true;
        };
    }
}
