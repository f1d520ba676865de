package io.github.wsbridge.tyrus;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.wire.websocket.RequestHead;
import io.github.wsbridge.wire.websocket.ServerUpgrade;
import java.io.IOException;
import org.glassfish.grizzly.Buffer;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.Grizzly;
import org.glassfish.grizzly.attributes.Attribute;
import org.glassfish.grizzly.filterchain.FilterChainContext;
import org.glassfish.grizzly.filterchain.NextAction;
import org.glassfish.grizzly.http.HttpHeader;
import org.glassfish.grizzly.http.HttpServerFilter;
import org.jspecify.annotations.Nullable;

/** Grizzly's HTTP request parser behind a check: by itself, it accepts lines that are not header fields. */
final class HttpCodec extends HttpServerFilter {

    private static final Attribute<Progress> PROGRESS =
            Grizzly.DEFAULT_ATTRIBUTE_BUILDER.createAttribute(HttpCodec.class.getName());

    /** How much of a request's head has been checked. */
    private static final class Progress {
        private final RequestHead head;
        private int checked;

        Progress(int maxHeaderBytes) {
            head = new RequestHead(maxHeaderBytes);
        }
    }

    private final int maxHeaderBytes;

    @SuppressWarnings("deprecation") // there is no other constructor
    HttpCodec(int maxHeaderBytes) {
        super(false, 2 * maxHeaderBytes, null, null); // so that the limit below applies first
        this.maxHeaderBytes = maxHeaderBytes;
    }

    @Override
    public NextAction handleRead(FilterChainContext event) throws IOException {
        Connection<?> connection = event.getConnection();
        Admission.Refused error = ServerFilter.headerDone(connection) ? null : check(connection, event.getMessage());
        if (error == null) {
            return super.handleRead(event);
        }
        ServerFilter.refuse(event, error);
        return event.getStopAction();
    }

    /** Checks the part of a head that has arrived since the last call; returns null if it is valid. */
    private Admission.@Nullable Refused check(Connection<?> connection, Buffer input) {
        Progress progress = PROGRESS.get(connection);
        if (progress == null) {
            progress = new Progress(maxHeaderBytes);
            PROGRESS.set(connection, progress);
        }
        int start = input.position();
        int size = input.remaining(); // everything received of the head
        for (int i = progress.checked; i < size; i++) {
            if (!progress.head.next(input.get(start + i))) {
                break;
            }
        }
        progress.checked = size;
        return progress.head.refusal();
    }

    @Override
    protected void onHttpHeaderError(HttpHeader header, FilterChainContext event, Throwable failure) {
        ServerFilter.refuse(event, ServerUpgrade.MALFORMED);
    }
}
