package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.PongMessage;
import jakarta.websocket.Session;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Jakarta endpoint of one connection: makes its session a leg. Public since containers want it so; of no other use. */
public final class LegEndpoint extends Endpoint {

    private static final Logger LOG = LoggerFactory.getLogger(LegEndpoint.class);

    private final Function<Session, Wire> wires;
    private final String subprotocol;
    private final Consumer<Leg> opened;

    private volatile @Nullable JakartaLeg leg;
    private volatile @Nullable Wire wire;

    public LegEndpoint(Function<Session, Wire> wires, String subprotocol, Consumer<Leg> opened) {
        this.wires = wires;
        this.subprotocol = subprotocol;
        this.opened = opened;
    }

    @Override
    public void onOpen(Session session, EndpointConfig config) {
        session.setMaxIdleTimeout(-1); // not 0, for which Tyrus starts a timer at every message
        session.setMaxBinaryMessageBufferSize(JakartaLeg.MAX_FRAME);
        session.setMaxTextMessageBufferSize(JakartaLeg.MAX_FRAME);
        Wire ours = wires.apply(session);
        JakartaLeg made = new JakartaLeg(session, subprotocol, ours);
        wire = ours;
        leg = made;
        MessageHandler.Partial<ByteBuffer> binary = (part, last) -> {
            ByteBuffer kept = ours.container()
                    ? ByteBuffer.allocate(part.remaining()).put(part).flip()
                    : part;
            made.arrived(new Fragment(Fragment.Kind.BINARY, kept, last));
        };
        MessageHandler.Partial<String> text = (part, last) ->
                made.arrived(new Fragment(Fragment.Kind.TEXT, StandardCharsets.UTF_8.encode(part), last));
        MessageHandler.Whole<PongMessage> pong = message -> made.ponged();
        session.addMessageHandler(ByteBuffer.class, binary);
        session.addMessageHandler(String.class, text);
        session.addMessageHandler(PongMessage.class, pong);
        opened.accept(made);
    }

    @Override
    public void onClose(Session session, jakarta.websocket.CloseReason reason) {
        Wire ours = wire;
        if (ours != null) {
            ours.closedByContainer(CloseCodes.fromJakarta(reason));
        }
    }

    @Override
    public void onError(Session session, Throwable failure) {
        // Containers report broken connections here, some without a close after it.
        LOG.debug("A session failed", failure);
        JakartaLeg ours = leg;
        if (ours != null) {
            ours.abort();
        }
    }
}
