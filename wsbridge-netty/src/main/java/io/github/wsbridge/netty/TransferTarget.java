package io.github.wsbridge.netty;

import io.netty.buffer.ByteBuf;

/**
 * A leg to which connections transfer what they receive as it is, in Netty's buffers, if both are on the same event
 * loop: the other side of {@link io.github.wsbridge.spi.Leg#transferTo} for legs of this module and for those that are
 * built on its event loops. Confined to that loop.
 */
public interface TransferTarget extends LoopLeg {

    /** Returns whether it takes whole WebSocket frames, instead of a stream of bytes. */
    boolean framed();

    /**
     * Begins the only transfer to this leg.
     *
     * @param room to be called when {@link #hasRoom} is true again, or {@link #takes} no longer is
     */
    void receiveFrom(Runnable room);

    /** Takes ownership of a buffer, and sends it with the next flush. Called only while {@link #takes} is true. */
    void pass(ByteBuf bytes);

    /** Sends what was passed, before the end of the loop's turn. */
    void flush();

    /** Sends the half-close message, or its counterpart in the leg's protocol. Called at most once. */
    void passEnd();

    /** Returns whether more is welcome. What comes nevertheless is accepted. */
    boolean hasRoom();

    /** Returns whether data is still accepted; once false, it stays so. */
    boolean takes();
}
