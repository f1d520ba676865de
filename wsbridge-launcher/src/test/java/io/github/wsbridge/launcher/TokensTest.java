package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.LogCapture;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node whose clients present JSON Web Tokens. */
@Tag("system") // waits for a token to expire
class TokensTest {

    @TempDir
    Path folder;

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static String token(KeyPair by, String subject, String role, Duration life)
            throws GeneralSecurityException {
        String header = "{\"alg\":\"RS256\",\"kid\":\"k\"}";
        String claims = "{\"iss\":\"issuer\",\"aud\":\"bridge\",\"sub\":\"" + subject + "\",\"roles\":\"" + role
                + "\",\"exp\":" + Instant.now().plus(life).getEpochSecond() + "}";
        String input =
                base64(header.getBytes(StandardCharsets.UTF_8)) + "." + base64(claims.getBytes(StandardCharsets.UTF_8));
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(by.getPrivate());
        signature.update(input.getBytes(StandardCharsets.US_ASCII));
        return input + "." + base64(signature.sign());
    }

    private static byte[] unsigned(BigInteger value) {
        byte[] bytes = value.toByteArray();
        return bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
    }

    @Test
    void deviceAndTunnel_withTokensFromFiles_areJoined_andAListenerEndsWithItsToken() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair keys = generator.generateKeyPair();
        RSAPublicKey open = (RSAPublicKey) keys.getPublic();
        Path published = Files.writeString(
                folder.resolve("keys"),
                "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"" + base64(unsigned(open.getModulus()))
                        + "\",\"e\":\"" + base64(unsigned(open.getPublicExponent())) + "\"}]}");
        Path ofDevice = Files.writeString(
                folder.resolve("device"), token(keys, "pi-7", "device", Duration.ofSeconds(12)) + "\n");
        String requester = token(keys, "alice", "requester", Duration.ofHours(1));
        Path ofTunnel = Files.writeString(folder.resolve("tunnel"), requester);
        try (LogCapture log = new LogCapture();
                EchoPort echo = new EchoPort();
                Run node = Run.of(
                        "node",
                        "--listen",
                        "127.0.0.1:0",
                        "--jwt-issuer",
                        "issuer",
                        "--jwt-audience",
                        "bridge",
                        "--jwt-keys",
                        published.toString(),
                        "--jwt-clock-skew",
                        "1ms",
                        "-v");
                Run device = Run.of(
                        "device",
                        "--server",
                        "ws://127.0.0.1:" + node.port(),
                        "--id",
                        "pi-7",
                        "--bearer-file",
                        ofDevice.toString(),
                        "--target",
                        "echo=127.0.0.1:" + echo.number());
                Run tunnel = Run.of(
                        "tunnel",
                        "--server",
                        "ws://127.0.0.1:" + node.port(),
                        "--bearer-file",
                        ofTunnel.toString(),
                        "--forward",
                        "0=pi-7/echo")) {
            device.ready();
            assertThat(echo(tunnel.port())).isEqualTo("hello");
            Files.writeString(ofDevice, token(keys, "pi-7", "device", Duration.ofHours(1)));
            device.hangUp();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(log.all()).contains("Device pi-7 is listening again"));
            assertThat(log.all()).anyMatch(line -> line.startsWith("permissions have been revoked: 1 listening"));
            assertThat(echo(tunnel.port())).isEqualTo("hello");
            assertThat(log.all()).noneMatch(line -> line.contains(requester.substring(requester.length() - 40)));
        }
    }

    private static String echo(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
