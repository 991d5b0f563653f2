using System.Net.Sockets;
using System.Text.Json.Nodes;
using CredentialBroker.Node.Approving;
using CredentialBroker.Node.Configuration;
using CredentialBroker.Node.Engine;
using CredentialBroker.Node.Telling;
using CredentialBroker.Node.Trust;
using CredentialBroker.Protocol;

namespace CredentialBroker.Node.Attesting;

/// <summary>
/// Says in writing which container asks: by the kernel's word on the peer and its control groups, the engine's on what that
/// container is, and the approval of its present run.
/// </summary>
internal sealed class Evidence(NodeOptions options, Containers containers, EngineClient engine, HostTrust trust, NodeKey key, TimeProvider clock)
{
    /// <exception cref="RefusedException">It is not proven, or not approved.</exception>
    public async Task<string> OfAsync(Socket socket, CancellationToken cancel)
    {
        using var peer = Peer.Of(socket);
        var id = peer.Container();
        var bound = containers.Find(id) ?? throw new RefusedException(Refusals.Unbound, "the container was not created through the gate");
        if (!bound.IsApproved || bound.BegunAt is null) throw new RefusedException(Refusals.Unbound, "the container's present run is not approved");
        trust.Demand();
        var inspected = await engine.InspectAsync(id, cancel);
        if (inspected is not { IsRunning: true } || inspected.Image != bound.Image || inspected.Beyond(bound.Resources) is not null) throw new RefusedException(Refusals.Differs, "the container is not what was approved");
        peer.Recheck();
        if (peer.Container() != id) throw new RefusedException(Refusals.Differs, "who asks moved to another container");
        return key.Sign(NodeKey.Evidence, Ids.New(clock), options.Attestation.Ttl,
            ("sub", $"docker:{options.Host}:{id}"), ("host", options.Host), ("container", id), ("image", bound.Image), ("run", bound.Run));
    }
}
