package io.github.wsbridge.tyrus;

import java.io.IOException;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.Grizzly;
import org.glassfish.grizzly.attributes.Attribute;
import org.glassfish.grizzly.filterchain.BaseFilter;
import org.glassfish.grizzly.filterchain.FilterChainContext;
import org.glassfish.grizzly.filterchain.NextAction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The last filter of a Grizzly chain: gives what comes to the connection's {@link Link}. */
final class LinkFilter extends BaseFilter {

    private static final Logger LOG = LoggerFactory.getLogger(LinkFilter.class);
    private static final Attribute<Link> LINK =
            Grizzly.DEFAULT_ATTRIBUTE_BUILDER.createAttribute(LinkFilter.class.getName());

    /** Makes the link of a new connection; null where it is to be dropped. */
    @FunctionalInterface
    interface Opener {
        /** Called once per connection, before anything is read. */
        @Nullable
        Link open(Connection<?> connection);
    }

    private final Opener opener;

    LinkFilter(Opener opener) {
        this.opener = opener;
    }

    /** Binds a link to its connection. */
    static void bind(Connection<?> connection, Link link) {
        LINK.set(connection, link);
    }

    @Override
    public NextAction handleAccept(FilterChainContext context) {
        return opened(context);
    }

    @Override
    public NextAction handleConnect(FilterChainContext context) {
        return opened(context);
    }

    private NextAction opened(FilterChainContext context) {
        Connection<?> connection = context.getConnection();
        Link link = opener.open(connection);
        if (link == null) {
            connection.terminateSilently();
        } else {
            bind(connection, link);
        }
        return context.getStopAction();
    }

    @Override
    public NextAction handleRead(FilterChainContext context) throws IOException {
        Link link = LINK.get(context.getConnection());
        if (link == null) {
            throw new IOException("bytes before the connection was opened");
        }
        return link.read(context);
    }

    @Override
    public void exceptionOccurred(FilterChainContext context, Throwable failure) {
        LOG.debug("A connection failed", failure);
        context.getConnection().terminateSilently();
    }
}
