package io.github.wsbridge.jakarta.session;

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

/** The endpoint of one session: creates the leg on it. */
public final class LegEndpoint extends Endpoint {

    private static final Logger log = LoggerFactory.getLogger(LegEndpoint.class);

    private final Function<Session, SessionIo> ios;
    private final Consumer<Leg> opened;

    private volatile @Nullable JakartaLeg leg;
    private volatile @Nullable SessionIo io;

    /**
     * Creates an endpoint for one session.
     *
     * @param ios creates the I/O of the leg
     * @param opened receives the leg
     */
    public LegEndpoint(Function<Session, SessionIo> ios, Consumer<Leg> opened) {
        this.ios = ios;
        this.opened = opened;
    }

    @Override
    public void onOpen(Session session, EndpointConfig config) {
        session.setMaxIdleTimeout(-1); // with 0, Tyrus would start a timer for each message
        session.setMaxBinaryMessageBufferSize(JakartaLeg.MAX_FRAME);
        session.setMaxTextMessageBufferSize(JakartaLeg.MAX_FRAME);
        SessionIo ours = ios.apply(session);
        JakartaLeg made = new JakartaLeg(session, ours);
        io = ours;
        leg = made;
        MessageHandler.Partial<ByteBuffer> binary = (part, last) -> {
            ByteBuffer kept = ByteBuffer.allocate(part.remaining()).put(part).flip(); // the container may reuse it
            made.arrived(new Fragment(Fragment.Kind.BINARY, kept, last));
        };
        MessageHandler.Partial<String> text = (part, last) ->
                made.arrived(new Fragment(Fragment.Kind.TEXT, StandardCharsets.UTF_8.encode(part), last));
        MessageHandler.Whole<PongMessage> pong = message -> {
            ByteBuffer data = message.getApplicationData();
            byte[] payload = new byte[data.remaining()];
            data.get(payload);
            made.ponged(payload);
        };
        session.addMessageHandler(ByteBuffer.class, binary);
        session.addMessageHandler(String.class, text);
        session.addMessageHandler(PongMessage.class, pong);
        opened.accept(made);
    }

    @Override
    public void onClose(Session session, jakarta.websocket.CloseReason reason) {
        SessionIo ours = io;
        if (ours != null) {
            ours.closedByContainer(CloseCodes.fromJakarta(reason));
        }
    }

    @Override
    public void onError(Session session, Throwable failure) {
        log.debug("a session failed", failure); // some containers report a lost connection only here
        JakartaLeg ours = leg;
        if (ours != null) {
            ours.abort();
        }
    }
}
