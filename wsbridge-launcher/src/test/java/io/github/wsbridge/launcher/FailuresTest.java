package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Rejection;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class FailuresTest {

    @Test
    void describe_peersText_hasNoControlCharacters() {
        String words = "no\u001b]0;title\u0007 \u001b[2Jway\r\nwsbridge: all is well\u009b31m\u007f grüße";
        BridgeException failure = new BridgeException(CloseReason.rejected(new Rejection(403, words)));
        assertThat(Failures.describe(new CompletionException(failure)))
                .isEqualTo("the bridge ended: 4403 403 no ]0;title   [2Jway wsbridge: all is well 31m  grüße");
    }
}
