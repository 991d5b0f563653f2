using System.Collections.Concurrent;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Azure;

/// <summary>The wires and tokens of every target, each made when first asked for.</summary>
/// <param name="machine">The clock that the SDK counts by.</param>
internal sealed class AzureConnections(IReadOnlyDictionary<string, AzureTarget> targets, KeyRings rings, TimeProvider clock, TimeProvider machine) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<AzureConnection>> _made = new();

    public IReadOnlyDictionary<string, AzureTarget> Targets => targets;

    public AzureConnection To(string target) => targets.TryGetValue(target, out var options)
        ? _made.GetOrAdd(target, _ => new Lazy<AzureConnection>(() => new AzureConnection(options, new AzureTokens(options, rings.Federation, clock, machine)))).Value
        : throw new BackendException(AzureBackend.Word, ReasonCodes.EndFailed, $"the target {target} is no longer configured", transient: false);

    public void Dispose()
    {
        foreach (var made in _made.Values.Where(made => made.IsValueCreated)) made.Value.Dispose();
    }
}

/// <summary>One tenant: its tokens, and the calls that are made with the broker's own.</summary>
internal sealed class AzureConnection(AzureTarget options, AzureTokens tokens) : IDisposable
{
    public AzureTarget Options => options;

    public AzureTokens Tokens => tokens;

    public AzureHttp Graph { get; } = new(options.GraphEndpoint, options, tokens);

    public AzureHttp ResourceManager { get; } = new(options.ResourceManagerEndpoint, options, tokens);

    /// <summary>For probes, each at its own address.</summary>
    public Wire Anywhere { get; } = new(AzureBackend.Word, new WireOptions(null, options.RequestTimeout, options.RootCertificateFile));

    public AzureIdentity Identity(string name) => options.Identities.GetValueOrDefault(name)
        ?? throw new BackendException(AzureBackend.Word, ReasonCodes.MintFailed, $"the target no longer has the identity {name}", transient: false);

    public void Dispose()
    {
        Graph.Dispose();
        ResourceManager.Dispose();
        Anywhere.Dispose();
        tokens.Dispose();
    }
}
