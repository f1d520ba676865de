package io.github.wsbridge.signal.iothub;

import com.azure.core.credential.AzureSasCredential;
import com.microsoft.azure.sdk.iot.service.auth.IotHubConnectionString;
import com.microsoft.azure.sdk.iot.service.auth.IotHubConnectionStringBuilder;
import com.microsoft.azure.sdk.iot.service.auth.IotHubServiceSasToken;

/**
 * A connection string's shared access key, for the AMQP connection. With a bare connection string the SDK signs once, for an
 * hour, and loses the connection then; given a credential it asks again before that, so each use of this one makes it fresh.
 */
final class SharedAccess {

    private static final long MILLIS_LEFT = 30 * 60 * 1000L;

    private final IotHubConnectionString connection;
    private final AzureSasCredential credential;
    private long expiresAtMillis; // guarded by this

    SharedAccess(String connectionString) {
        connection = IotHubConnectionStringBuilder.createIotHubConnectionString(connectionString);
        IotHubServiceSasToken token = new IotHubServiceSasToken(connection);
        credential = new AzureSasCredential(token.toString());
        expiresAtMillis = token.getExpiryTimeMillis();
    }

    AzureSasCredential credential() {
        return credential;
    }

    /** Signs anew where less than half of the time is left. */
    synchronized void refresh(long nowMillis) {
        if (expiresAtMillis - nowMillis < MILLIS_LEFT) {
            IotHubServiceSasToken token = new IotHubServiceSasToken(connection);
            credential.update(token.toString());
            expiresAtMillis = token.getExpiryTimeMillis();
        }
    }
}
