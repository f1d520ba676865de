package io.github.wsbridge.wire.websocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.wsbridge.CloseReason;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A decoder of RFC 6455, section 5, for tests. It shares no code with the translator and reads a stream byte by byte
 * from one array. An incomplete last frame is checked too: its first byte by itself, the rest of its header if that is
 * complete.
 */
final class RfcDecoder {

    private static final Set<Integer> CLOSE_CODES =
            Set.of(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014);

    /** The events of the stream in order. The pieces of a message between two control frames count as one. */
    final Story story = new Story();

    /** All faults of the illegal frame, in the translator's wording. */
    final Set<String> faults = new TreeSet<>();

    /** The data frames as in the stream. */
    final ByteArrayOutputStream data = new ByteArrayOutputStream();

    int dataFrames;
    long carried;
    CloseReason closed;

    private final boolean masked;
    private boolean complete = true;
    private String open;

    RfcDecoder(boolean masked) {
        this.masked = masked;
    }

    static RfcDecoder of(byte[] wire, boolean masked) {
        RfcDecoder decoder = new RfcDecoder(masked);
        decoder.read(wire);
        return decoder;
    }

    boolean ended() {
        return closed != null || !faults.isEmpty();
    }

    /** Returns whether the stream ends at a frame boundary. */
    boolean complete() {
        return complete;
    }

    /** Returns whether the stream ends inside a message. */
    boolean amidst() {
        return open != null;
    }

    /** Reads a frame from its beginning. */
    void read(byte[] wire) {
        int at = 0;
        while (at >= 0 && at < wire.length && !ended()) {
            at = frame(wire, at);
        }
        complete = at >= 0;
    }

    private int frame(byte[] wire, int at) {
        int first = wire[at] & 0xFF;
        boolean fin = first >= 0x80;
        int opcode = first % 16;
        if (first / 16 % 8 != 0) {
            faults.add("reserved bit");
        }
        if (opcode > 2 && opcode < 8 || opcode > 10) {
            faults.add("reserved opcode");
        }
        if (!faults.isEmpty() || at + 1 >= wire.length) {
            return -1;
        }
        boolean maskBit = (wire[at + 1] & 0xFF) >= 0x80;
        int form = wire[at + 1] & 0x7F;
        int behind = at + 2;
        int payload = behind + (form == 126 ? 2 : form == 127 ? 8 : 0) + (maskBit ? 4 : 0);
        if (payload > wire.length) {
            return -1;
        }
        long length = form;
        if (form >= 126) {
            length = 0;
            for (; behind < payload - (maskBit ? 4 : 0); behind++) {
                length = length * 256 + (wire[behind] & 0xFF);
            }
        }
        checkHeader(opcode, fin, maskBit, form, length);
        if (!faults.isEmpty()) {
            return -1;
        }
        byte[] bytes = new byte[(int) Math.min(wire.length - payload, length)];
        int end = payload + bytes.length;
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (wire[payload + i] ^ (maskBit ? wire[payload - 4 + i % 4] : 0));
        }
        boolean whole = bytes.length == length;
        if (opcode < 8) {
            data(opcode, fin, bytes, whole);
            data.write(wire, at, end - at);
        } else if (whole) {
            control(opcode, bytes);
        }
        return whole ? end : -1;
    }

    private void checkHeader(int opcode, boolean fin, boolean maskBit, int form, long length) {
        if (maskBit != masked) {
            faults.add(masked ? "not masked" : "is masked");
        }
        if (form == 126 && length < 126 || form == 127 && length >= 0 && length < 65_536) {
            faults.add("more bytes than it needs");
        }
        if (length < 0) {
            faults.add("63 bits");
        }
        if (opcode >= 8 && (form >= 126 || !fin)) {
            faults.add("fragmented or too long");
        }
        if (opcode == 0 && open == null) {
            faults.add("outside a message");
        }
        if ((opcode == 1 || opcode == 2) && open != null) {
            faults.add("inside another");
        }
    }

    private void data(int opcode, boolean fin, byte[] bytes, boolean whole) {
        open = opcode == 1 ? "TEXT" : opcode == 2 ? "BINARY" : open;
        if (whole || bytes.length > 0) {
            story.data(open, bytes, whole && fin);
            carried += bytes.length;
            dataFrames++;
        }
        if (whole && fin) {
            open = null;
        }
    }

    private void control(int opcode, byte[] bytes) {
        if (opcode == 9) {
            story.ping(bytes);
        } else if (opcode == 10) {
            story.pong();
        } else if (bytes.length == 0) {
            closed = new CloseReason(1005, "");
        } else {
            int code = bytes.length == 1 ? 0 : (bytes[0] & 0xFF) * 256 + (bytes[1] & 0xFF);
            byte[] words = Arrays.copyOfRange(bytes, Math.min(2, bytes.length), bytes.length);
            String reason = new String(words, UTF_8);
            if (!CLOSE_CODES.contains(code) && (code < 3000 || code > 4999)) {
                faults.add("illegal code");
            } else if (!Arrays.equals(reason.getBytes(UTF_8), words)) {
                faults.add("not UTF-8");
            } else {
                closed = new CloseReason(code, reason);
            }
        }
    }

    /** The events of a stream, normalized so that equal streams have equal events for any chunking. */
    static final class Story {

        private static final int SHOWN = 40;

        private record Event(String kind, String payload, boolean whole) {

            @Override
            public String toString() {
                String shown = payload.substring(0, Math.min(SHOWN, payload.length()));
                return "%s%s %d bytes, hash %08x: %s"
                        .formatted(
                                kind,
                                whole ? "" : "...",
                                payload.length(),
                                payload.hashCode(),
                                HexFormat.of().formatHex(shown.getBytes(ISO_8859_1)));
            }
        }

        /** Events, the last of which may be an incomplete message. */
        private static final class Record {
            private final List<Event> events = new ArrayList<>();
            private final ByteArrayOutputStream message = new ByteArrayOutputStream();
            private String kind;

            void add(Event event) {
                rest();
                events.add(event);
            }

            void data(String ofKind, byte[] bytes, boolean last) {
                if (kind != null && !kind.equals(ofKind)) {
                    rest();
                }
                kind = ofKind;
                message.writeBytes(bytes);
                if (last) {
                    end(true);
                }
            }

            List<Event> events() {
                rest();
                return events;
            }

            private void rest() {
                if (kind != null) {
                    end(false);
                }
            }

            private void end(boolean whole) {
                events.add(new Event(kind, message.toString(ISO_8859_1), whole));
                message.reset();
                kind = null;
            }
        }

        private final Record all = new Record();
        private final Record messages = new Record();
        private final List<Event> controls = new ArrayList<>();

        void data(String kind, byte[] bytes, boolean last) {
            all.data(kind, bytes, last);
            messages.data(kind, bytes, last);
        }

        void ping(byte[] bytes) {
            control(new Event("PING", new String(bytes, ISO_8859_1), true));
        }

        void pong() {
            control(new Event("PONG", "", true));
        }

        private void control(Event event) {
            all.add(event);
            controls.add(event);
        }

        List<?> all() {
            return all.events();
        }

        List<?> messages() {
            return messages.events();
        }

        List<?> controls() {
            return controls;
        }

        /** Returns the content of the messages up to the first empty binary one. */
        byte[] stream() {
            ByteArrayOutputStream stream = new ByteArrayOutputStream();
            for (Event event : messages.events()) {
                if (endsStream(event)) {
                    break;
                }
                stream.writeBytes(event.payload().getBytes(ISO_8859_1));
            }
            return stream.toByteArray();
        }

        /** Returns whether there is an empty binary message. */
        boolean finished() {
            return messages.events().stream().anyMatch(Story::endsStream);
        }

        private static boolean endsStream(Event event) {
            return event.kind().equals("BINARY")
                    && event.whole()
                    && event.payload().isEmpty();
        }
    }
}
