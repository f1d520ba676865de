package io.github.wsbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scanner counts the payload correctly however the stream is split. */
final class FrameScannerTest implements FrameScanner.Listener {

    private final List<String> heard = new ArrayList<>();
    private final FrameScanner scanner = new FrameScanner(this);

    @Override
    public void onText(String text) {
        heard.add("text " + text);
    }

    @Override
    public void onControl(int opcode, byte[] payload) {
        heard.add(opcode + " " + new String(payload, StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 64, 1_000, 1_000_000})
    void scan_anyPieces_countsPayloadAndReportsOtherFrames(int piece) throws IOException {
        ByteBuffer all = ByteBuffer.allocate(1_000_000);
        for (boolean masked : new boolean[] {true, false}) {
            for (int size : new int[] {0, 1, 125, 126, 65_535, 65_536}) {
                all.put(Frames.frame(Frames.BINARY, new byte[size], masked));
                all.put(Frames.frame(Frames.PING, bytes("ping"), masked));
            }
            all.put(Frames.frame(Frames.TEXT, bytes("words"), masked));
            all.put(Frames.batch(128, masked));
        }
        all.flip();
        while (all.hasRemaining()) {
            int size = Math.min(piece, all.remaining());
            scanner.scan(all.slice(all.position(), size));
            all.position(all.position() + size);
        }

        int maskedBatch = Frames.batch(128, true).remaining() / (2 + 2 + 4 + 128);
        int plainBatch = Frames.batch(128, false).remaining() / (2 + 2 + 128);
        assertThat(scanner.frames()).isEqualTo(12L + maskedBatch + plainBatch);
        assertThat(scanner.payload())
                .isEqualTo(2L * (1 + 125 + 126 + 65_535 + 65_536) + 128L * (maskedBatch + plainBatch));
        assertThat(heard).hasSize(14).contains("9 ping", "text words");
        assertThat(heard.stream().filter("9 ping"::equals)).hasSize(12);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
