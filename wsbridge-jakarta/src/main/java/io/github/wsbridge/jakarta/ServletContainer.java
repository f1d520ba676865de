package io.github.wsbridge.jakarta;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * How a container hands over a connection. The Servlet API's own upgrade cannot be used: see the decision on it in
 * {@code docs/decisions}.
 */
interface ServletContainer {

    /** A request that may be upgraded later, on another thread. */
    interface Upgradable {

        /**
         * Upgrades; the caller has set the answer's header fields and ends the request then.
         *
         * @param opened takes the connection, on any thread
         */
        void upgrade(Consumer<UpgradedConnection> opened) throws IOException, ServletException;
    }

    /** Notes what an upgrade needs. Called on the request's thread, with the request as the filter got it. */
    Upgradable prepare(HttpServletRequest request) throws ServletException;

    /**
     * Runs a task before the container drops its connections to stop, if it does that before it ends the application.
     */
    default void beforeStop(Runnable task) {}

    /** Forgets that task: the application has ended. */
    default void close() {}

    /**
     * The container of an application.
     *
     * @param paths which the filter answers
     * @throws ServletException if the bridge cannot work in it; says why, and what to do
     */
    static ServletContainer of(ServletContext context, String... paths) throws ServletException {
        ClassLoader container = context.getClass().getClassLoader();
        String name = context.getClass().getName();
        if (name.startsWith("org.apache.catalina.")) {
            require(context, container, "org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler");
            return new Tomcat(context, paths);
        }
        if (name.startsWith("org.eclipse.jetty.ee9.")) {
            throw unfit(context, "Jetty's environment for Jakarta EE 9 is not supported");
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
        throw unfit(context, "the container is not Tomcat, Jetty or Undertow");
    }

    private static void require(ServletContext context, ClassLoader container, String name) throws ServletException {
        Class<?> its;
        try {
            its = Class.forName(name, false, container);
        } catch (ClassNotFoundException | LinkageError e) {
            throw unfit(context, "the container has no class " + name);
        }
        try {
            if (Class.forName(name, false, ServletContainer.class.getClassLoader()) == its) {
                return;
            }
        } catch (ClassNotFoundException | LinkageError e) {
            // as below
        }
        throw unfit(context, "the container hides its class " + name + " from the application");
    }

    private static ServletException unfit(ServletContext context, String why) {
        return new ServletException("the bridge cannot take over connections of " + context.getServerInfo() + ": " + why
                + ". Either use Tomcat, Jetty or Undertow with its classes visible to the application, or give the bridge"
                + " its own port in the same process, with NettyBridgeServer from wsbridge-netty");
    }
}
