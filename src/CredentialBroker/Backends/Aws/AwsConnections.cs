using System.Collections.Concurrent;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Aws;

/// <summary>The wires and logins of every target, each made when first asked for.</summary>
internal sealed class AwsConnections(string brokerId, IReadOnlyDictionary<string, AwsTarget> targets, KeyRings rings, TimeProvider clock) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<AwsConnection>> _made = new();

    public IReadOnlyDictionary<string, AwsTarget> Targets => targets;

    public AwsConnection To(string target) => targets.TryGetValue(target, out var options)
        ? _made.GetOrAdd(target, name => new Lazy<AwsConnection>(() => new AwsConnection(name, options, brokerId, rings.Federation, clock))).Value
        : throw new BackendException(AwsBackend.Word, ReasonCodes.EndFailed, $"the target {target} is no longer configured", transient: false);

    public void Dispose()
    {
        foreach (var made in _made.Values.Where(made => made.IsValueCreated)) made.Value.Dispose();
    }
}

/// <summary>One account, as the broker reaches it.</summary>
internal sealed class AwsConnection : IDisposable
{
    private readonly AwsManagement _management;

    public AwsConnection(string name, AwsTarget options, string brokerId, KeyRing federation, TimeProvider clock)
    {
        (Name, Options, Key) = (name, options, DenyKey.Find(options.DenyBy));
        var keys = AwsKeys.Of(options.Login);
        Wire = new AwsWire(options, clock);
        Sts = new AwsSts(options, Wire, keys, federation, clock);
        _management = new AwsManagement(brokerId, options, keys, Sts, clock);
        Iam = new AwsIam(Wire, _management);
        Issuer = federation.Issuer;
    }

    public string Name { get; }

    public AwsTarget Options { get; }

    /// <summary>Null where nothing is denied.</summary>
    public DenyKey? Key { get; }

    public AwsWire Wire { get; }

    public AwsSts Sts { get; }

    public AwsIam Iam { get; }

    /// <summary>Of the tokens that the broker logs in with under federation.</summary>
    public string Issuer { get; }

    public void Dispose()
    {
        _management.Dispose();
        Wire.Dispose();
    }
}
