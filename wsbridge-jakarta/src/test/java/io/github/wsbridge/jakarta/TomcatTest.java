package io.github.wsbridge.jakarta;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.transport.BridgeServerContract;
import io.github.wsbridge.testkit.transport.RawSocket;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

class TomcatTest extends BridgeServerContract {

    private final Host host = new TomcatServer();

    @Override
    protected int start() throws Exception {
        return host.start(door);
    }

    /** Tomcat closes on what it has not read, so that a reset may overtake its FIN: behind the whole body, that is an end. */
    @Override
    protected byte[] restOf(RawSocket raw, String head) throws IOException {
        Matcher length = Pattern.compile("(?i)\r\ncontent-length: (\\d+)\r\n").matcher(head);
        assertThat(length.find()).as(head).isTrue();
        byte[] body = raw.in.readNBytes(Integer.parseInt(length.group(1)));
        assertThat(raw.ended()).isTrue();
        return body;
    }

    @Override
    protected void stop() throws Exception {
        host.stop();
    }
}
