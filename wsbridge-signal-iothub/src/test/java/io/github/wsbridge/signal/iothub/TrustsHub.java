package io.github.wsbridge.signal.iothub;

import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Makes the SDK's HTTP client trust the test hub, for which it has no setting other than the JVM's. */
final class TrustsHub implements BeforeAllCallback, AfterAllCallback {

    private final SSLSocketFactory before = HttpsURLConnection.getDefaultSSLSocketFactory();

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        HttpsURLConnection.setDefaultSSLSocketFactory(HubKeys.clientContext().getSocketFactory());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        HttpsURLConnection.setDefaultSSLSocketFactory(before);
    }
}
