package io.github.wsbridge.examples.transport;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Handshake;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the two ends say before the first frame: the path, the query and the header fields; then a status and a word. */
final class FrameHandshake {

    private static final int MOST_FIELDS = 100;
    private static final int UPGRADED = 101;
    private static final String SUBPROTOCOL = "sec-websocket-protocol";

    private FrameHandshake() {}

    /** Asks for a target; returns the subprotocol that was agreed on. */
    static String ask(FrameSocket socket, Connector.Target target) throws IOException {
        URI uri = target.uri();
        Map<String, String> fields = new HashMap<>(target.headers());
        if (!target.subprotocol().isEmpty()) {
            fields.put(SUBPROTOCOL, target.subprotocol());
        }
        DataOutputStream out = socket.out();
        out.writeUTF(uri.getRawPath());
        out.writeUTF(uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
        out.writeByte(fields.size());
        for (Map.Entry<String, String> field : fields.entrySet()) {
            out.writeUTF(field.getKey().toLowerCase(Locale.ROOT));
            out.writeUTF(field.getValue());
        }
        out.flush();
        int status = socket.in().readUnsignedShort();
        String word = socket.in().readUTF();
        if (status != UPGRADED) {
            throw new HandshakeException(status);
        }
        return word;
    }

    /** Reads what a client asks for. */
    static Handshake read(FrameSocket socket) throws IOException {
        DataInputStream in = socket.in();
        String path = in.readUTF();
        String query = in.readUTF();
        int count = in.readUnsignedByte();
        if (count > MOST_FIELDS) {
            throw new IOException("too many header fields");
        }
        Map<String, String> fields = new HashMap<>();
        for (int i = 0; i < count; i++) {
            fields.put(in.readUTF(), in.readUTF());
        }
        @Nullable String rawQuery = query.isEmpty() ? null : query.substring(1);
        return new Handshake(path, rawQuery, true, name -> values(fields, name), socket.peer());
    }

    private static List<String> values(Map<String, String> fields, String name) {
        String value = fields.get(name.toLowerCase(Locale.ROOT));
        return value == null ? List.of() : List.of(value);
    }

    /** Tells a client what has been decided. */
    static void answer(FrameSocket socket, Admission.Decision decision) throws IOException {
        DataOutputStream out = socket.out();
        if (decision instanceof Admission.Granted granted) {
            out.writeShort(UPGRADED);
            out.writeUTF(granted.subprotocol());
        } else {
            Admission.Refused refused = (Admission.Refused) decision;
            out.writeShort(refused.status());
            out.writeUTF(refused.reason());
        }
        out.flush();
    }
}
