package io.github.wsbridge.jakarta;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;

/** Tomcat: an upgrade handler of the internal kind, whose reads can pause. */
final class Tomcat implements ServletContainer {

    /** Is never asked: the filter answers first. */
    private static final class Target extends HttpServlet {
        private static final long serialVersionUID = 1;
    }

    /**
     * Tomcat asks a filter only if there is a servlet behind it, and lets it answer later only if that servlet may: a
     * default servlet, if there is one, may not.
     */
    Tomcat(ServletContext context, String... paths) throws ServletException {
        try {
            ServletRegistration.Dynamic target = context.addServlet("io.github.wsbridge", new Target());
            if (target != null) {
                target.setAsyncSupported(true);
                target.addMapping(paths);
            }
        } catch (IllegalStateException e) {
            throw new ServletException("the bridge's filter must be initialized while its application starts", e);
        }
    }

    @Override
    public Upgradable prepare(HttpServletRequest request) {
        return opened -> request.upgrade(TomcatUpgrade.class).opened(opened);
    }
}
