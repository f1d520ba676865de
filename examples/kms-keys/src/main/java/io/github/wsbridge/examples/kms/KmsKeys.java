package io.github.wsbridge.examples.kms;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.KmsClient;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;

/**
 * Keeps a cluster's keys in a file that only a key management service can decrypt, so that the file may lie anywhere.
 * The service is asked once, when a node starts. Its client comes from Tink's own integrations, such as
 * {@code com.google.crypto.tink.integration.gcpkms.GcpKmsClient} or {@code …awskms.AwsKmsClient}.
 */
public final class KmsKeys {

    /** Authenticated with the file, so that another encrypted keyset cannot take its place. */
    private static final byte[] PURPOSE = "wsbridge cluster keys".getBytes(StandardCharsets.UTF_8);

    private final KmsClient service;
    private final String keyUri;

    /**
     * Creates a store.
     *
     * @param service the service's client, with the node's own credentials
     * @param keyUri the name of the service's key, such as {@code gcp-kms://projects/…/cryptoKeys/bridge}
     */
    public KmsKeys(KmsClient service, String keyUri) throws GeneralSecurityException {
        AeadConfig.register();
        this.service = service;
        this.keyUri = keyUri;
    }

    /** Encrypts keys to a file. Done by an operator, once and at each rotation. Blocks. */
    public void write(TokenKeys keys, Path file) throws IOException, GeneralSecurityException {
        KeysetHandle cleartext = TinkJsonProtoKeysetFormat.parseKeyset(
                keys.toJson(), RegistryConfiguration.get(), InsecureSecretKeyAccess.get());
        Files.writeString(
                file,
                TinkJsonProtoKeysetFormat.serializeEncryptedKeyset(
                        cleartext, service.getAead(keyUri), PURPOSE, RegistryConfiguration.get()));
    }

    /** Decrypts the keys in a file, for {@code BridgeNode.Builder.keys}. Blocks. */
    public TokenKeys read(Path file) throws IOException, GeneralSecurityException {
        KeysetHandle cleartext = TinkJsonProtoKeysetFormat.parseEncryptedKeyset(
                Files.readString(file), service.getAead(keyUri), PURPOSE, RegistryConfiguration.get());
        return TokenKeys.parse(TinkJsonProtoKeysetFormat.serializeKeyset(
                cleartext, RegistryConfiguration.get(), InsecureSecretKeyAccess.get()));
    }
}
