package io.github.wsbridge.wire.websocket;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Peer;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Both sides of the upgrade, with a message whose lines are a request's or an answer's. */
class UpgradeFuzzTest {

    @FuzzTest(maxDuration = "1m")
    void anyLines_areUnderstoodOrRefused(byte[] input) throws IOException {
        String text = new String(input, StandardCharsets.ISO_8859_1);
        List<String> lines = text.lines().toList();
        String[] first = (lines.isEmpty() ? "" : lines.get(0)).split(" ", 3);
        Headers fields = name -> lines.stream()
                .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                .map(line -> line.substring(name.length() + 1).strip())
                .toList();
        if (first.length == 3) {
            server(first, fields);
        }
        client(first, fields, ByteBuffer.wrap(input));
    }

    private static void server(String[] first, Headers fields) {
        ServerUpgrade upgrade;
        try {
            upgrade = ServerUpgrade.of(first[0], first[1], first[2], fields, new Peer(""));
        } catch (IllegalArgumentException e) {
            return; // refused
        }
        String answer = new String(upgrade.accepted(""), StandardCharsets.ISO_8859_1);
        if (!answer.endsWith("\r\n\r\n") || answer.indexOf("\r\n\r\n") != answer.length() - 4) {
            throw new AssertionError("two answers: " + answer);
        }
    }

    private static void client(String[] first, Headers fields, ByteBuffer body) throws IOException {
        int status = first.length > 1 && first[1].matches("\\d{1,4}") ? Integer.parseInt(first[1]) : 200;
        ClientUpgrade upgrade = new ClientUpgrade(
                new Connector.Target(URI.create("ws://node"), Map.of(), "wsbridge.v1", Duration.ofSeconds(1)));
        try {
            upgrade.agreed(status, fields);
            throw new AssertionError("the key is random");
        } catch (IOException e) {
            // refused
        }
        if (status < 100 || status > 599) {
            return; // no answer at all
        }
        String message = String.valueOf(Refusal.of(status, fields, body).getMessage());
        if (message.chars().anyMatch(Character::isISOControl)) {
            throw new AssertionError("control characters for a terminal: " + message);
        }
    }
}
