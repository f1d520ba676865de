package io.github.wsbridge.signal.iothub;

import com.azure.core.credential.AzureSasCredential;
import com.microsoft.azure.sdk.iot.service.auth.IotHubConnectionString;
import com.microsoft.azure.sdk.iot.service.auth.IotHubConnectionStringBuilder;
import com.microsoft.azure.sdk.iot.service.auth.IotHubServiceSasToken;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * The shared access key of a connection string, for the AMQP connection. Given only a connection string, the SDK signs
 * once, for an hour, and then loses the connection. Given a credential, it reads the current signature from it when
 * most of the lifetime has passed.
 */
final class SharedAccess {

    /** How often to refresh the signature, so that at least ten minutes are always left. */
    static final Duration PERIOD = Duration.ofMinutes(20);

    private static final Duration LEFT = Duration.ofMinutes(30);

    /** A signature that is valid for an hour. */
    record Signature(String value, Instant expiresAt) {}

    private final Supplier<Signature> signer;
    private final AzureSasCredential credential;
    private Instant expiresAt; // guarded by this

    SharedAccess(Supplier<Signature> signer) {
        this.signer = signer;
        Signature first = signer.get();
        credential = new AzureSasCredential(first.value());
        expiresAt = first.expiresAt();
    }

    static SharedAccess of(String connectionString) {
        IotHubConnectionString connection =
                IotHubConnectionStringBuilder.createIotHubConnectionString(connectionString);
        return new SharedAccess(() -> {
            IotHubServiceSasToken token = new IotHubServiceSasToken(connection);
            return new Signature(token.toString(), Instant.ofEpochMilli(token.getExpiryTimeMillis()));
        });
    }

    AzureSasCredential credential() {
        return credential;
    }

    /** Signs again if less than half of the lifetime is left. */
    synchronized void refresh(Instant now) {
        if (Duration.between(now, expiresAt).compareTo(LEFT) < 0) {
            Signature fresh = signer.get();
            credential.update(fresh.value());
            expiresAt = fresh.expiresAt();
        }
    }
}
