package io.github.wsbridge.spi;

/** Whether a server with TLS asks its clients for certificates. */
public enum ClientCertificates {

    /** Clients are not asked, and have none. */
    NOT_ASKED,

    /** Clients are asked. Those without a certificate can connect; a certificate that is not trusted ends TLS. */
    WANTED,

    /** Clients without a trusted certificate cannot connect, not even for a probe. */
    REQUIRED
}
