package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.transport.TestKeys;
import io.github.wsbridge.wire.files.TlsIdentity;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;

class RenewableKeysTest {

    private static TlsIdentity identity() throws Exception {
        TestKeys files = TestKeys.create();
        return TlsIdentity.read(files.certificate(), files.key(), null);
    }

    @Test
    void renewalDuringAHandshake_keyAndCertificateBelongTogether() throws Exception {
        TlsIdentity before = identity();
        TlsIdentity after = identity();
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        String type = before.key().getAlgorithm();
        RenewableKeys keys = new RenewableKeys(before);
        String alias = keys.chooseEngineClientAlias(new String[] {type}, null, engine);
        keys.renew(after);
        assertThat(keys.getPrivateKey(alias)).isEqualTo(before.key());
        assertThat(keys.getCertificateChain(alias)).isEqualTo(before.chain().toArray());
        String next = keys.chooseEngineClientAlias(new String[] {type}, null, engine);
        assertThat(keys.getPrivateKey(next)).isEqualTo(after.key());
        assertThat(keys.getCertificateChain(next)).isEqualTo(after.chain().toArray());
    }
}
