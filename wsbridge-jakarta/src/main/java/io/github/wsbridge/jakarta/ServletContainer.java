package io.github.wsbridge.jakarta;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * A servlet container that hands over connections. The Servlet API's own upgrade cannot be used; the reasons are in
 * {@code docs/decisions/0011-servlet-upgrade.md}.
 */
interface ServletContainer {

    /** A request that may be upgraded later, on another thread. */
    interface Upgradable {

        /**
         * Upgrades. The caller has set the response's status and header fields.
         *
         * @param opened receives the connection, on any thread
         * @return whether the caller is to complete the request; if not, the connection does when it is closed
         */
        boolean upgrade(Consumer<UpgradedConnection> opened) throws IOException, ServletException;
    }

    /** Prepares an upgrade. Called on the request's thread, with the request that the filter received. */
    Upgradable prepare(HttpServletRequest request) throws ServletException;

    /**
     * Sets a task to run when the container stops, if the container drops connections before it stops the application.
     */
    default void beforeStop(Runnable task) {}

    /** Removes that task. Called when the application stops. */
    default void close() {}

    /**
     * Returns the container of an application.
     *
     * @param paths the paths that the filter handles
     * @throws ServletException if the bridge does not support the container; the message says why, and what to do
     */
    static ServletContainer of(ServletContext context, String... paths) throws ServletException {
        ClassLoader container = context.getClass().getClassLoader();
        String name = context.getClass().getName();
        // Tomcat first: an application may have Grizzly's classes beside it.
        if (name.startsWith("org.apache.catalina.")
                && !has(container, "org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler")
                && has(container, "org.glassfish.grizzly.Connection")) {
            return new GlassFish();
        }
        if (name.startsWith("org.apache.catalina.")) {
            require(context, container, "org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler");
            return new Tomcat(context, paths);
        }
        if (name.startsWith("org.eclipse.jetty.ee9.")) {
            throw unsupported(context, "Jetty's environment for Jakarta EE 9 is not supported");
        }
        if (name.startsWith("org.eclipse.jetty.")) {
            require(context, container, "org.eclipse.jetty.server.HttpStream");
            require(context, container, "org.eclipse.jetty.io.AbstractConnection");
            require(context, container, "org.eclipse.jetty.util.component.LifeCycle");
            return new Jetty();
        }
        if (name.startsWith("io.undertow.")) {
            require(context, container, "org.xnio.StreamConnection");
            require(context, container, "io.undertow.server.HttpServerExchange");
            require(context, container, "io.undertow.servlet.handlers.ServletRequestContext");
            return new Undertow();
        }
        throw unsupported(context, "the container is not Tomcat, Jetty, Undertow or Payara");
    }

    private static boolean has(ClassLoader container, String name) {
        try {
            Class.forName(name, false, container);
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    private static void require(ServletContext context, ClassLoader container, String name) throws ServletException {
        Class<?> required;
        try {
            required = Class.forName(name, false, container);
        } catch (ClassNotFoundException | LinkageError e) {
            throw unsupported(context, "the container has no class " + name);
        }
        try {
            if (Class.forName(name, false, ServletContainer.class.getClassLoader()) == required) {
                return;
            }
        } catch (ClassNotFoundException | LinkageError e) {
            // handled below
        }
        throw unsupported(context, "the container hides its class " + name + " from the application");
    }

    private static ServletException unsupported(ServletContext context, String why) {
        return new ServletException("the bridge cannot take over connections of " + context.getServerInfo() + ": " + why
                + ". Either use Tomcat, Jetty, Undertow or Payara with its classes visible to the application, or give"
                + " the bridge its own port in the same process, with NettyBridgeServer from wsbridge-netty or"
                + " TyrusBridgeServer from wsbridge-tyrus");
    }
}
