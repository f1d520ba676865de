package io.github.wsbridge.jakarta;

import java.lang.reflect.Method;

/** Grizzly's connection, by reflection: its classes are not visible to applications in every distribution. */
final class GrizzlySocket implements GlassFishConnection.Socket {

    private final Object connection;
    private final Method open;
    private final Method close;
    private final Method terminate;

    /** Creates a socket from an {@code org.glassfish.grizzly.Connection}. */
    GrizzlySocket(Object connection) throws ReflectiveOperationException {
        Class<?> type = Class.forName(
                "org.glassfish.grizzly.Connection", false, connection.getClass().getClassLoader());
        this.connection = connection;
        open = type.getMethod("isOpen");
        close = type.getMethod("closeSilently");
        terminate = type.getMethod("terminateSilently");
    }

    @Override
    public boolean isOpen() {
        return (Boolean) invoke(open);
    }

    @Override
    public void close() {
        invoke(close);
    }

    @Override
    public void terminate() {
        invoke(terminate);
    }

    private Object invoke(Method method) {
        try {
            return method.invoke(connection);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
