package io.github.wsbridge.wire.proxy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.wire.net.HostPort;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** What a proxy answers. What is not consent is an {@link IOException}. */
class ProxyRepliesFuzzTest {

    private static final HostPort TARGET = new HostPort("node.example.com", 443);
    private static final List<ProxyServer> HTTP =
            List.of(ProxyServer.parse("http://proxy:3128"), ProxyServer.parse("http://u:p@proxy:3128"));
    private static final List<ProxyServer> SOCKS =
            List.of(ProxyServer.parse("socks5://proxy:1080"), ProxyServer.parse("socks5://u:p@proxy:1080"));

    @FuzzTest(maxDuration = "1m")
    void anyReply_isConsentOrAFailure(byte[] input) {
        for (ProxyServer proxy : HTTP) {
            try {
                ProxyDial.http(proxy, TARGET, new ByteArrayInputStream(input), OutputStream.nullOutputStream());
            } catch (IOException e) {
                check(e);
            }
        }
        for (ProxyServer proxy : SOCKS) {
            DataInputStream replies = new DataInputStream(new ByteArrayInputStream(input));
            try {
                ProxyDial.socks(proxy, TARGET, replies, OutputStream.nullOutputStream());
            } catch (IOException e) {
                check(e);
            }
        }
    }

    private static void check(IOException failure) {
        String message = String.valueOf(failure.getMessage());
        if (message.contains("u:p") || message.chars().anyMatch(Character::isISOControl)) {
            throw new AssertionError("a password, or something for a terminal, in: " + message);
        }
    }
}
