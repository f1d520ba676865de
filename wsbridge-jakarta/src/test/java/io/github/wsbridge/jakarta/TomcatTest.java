package io.github.wsbridge.jakarta;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.transport.BridgeServerContract;
import io.github.wsbridge.testkit.transport.RawSocket;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

class TomcatTest extends BridgeServerContract {

    private final TomcatServer server = new TomcatServer();

    @Override
    protected int start() throws Exception {
        return server.start(door);
    }

    @Override
    protected int closeDeadline() {
        return 30_000;
    }

    /** Tomcat closes on what it has not read, so that its FIN may be overtaken by a reset: behind the whole body, that is an end. */
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
        server.stop();
    }
}
