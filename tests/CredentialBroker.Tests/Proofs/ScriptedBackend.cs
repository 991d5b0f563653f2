using CredentialBroker.Backends;
using CredentialBroker.Protocol;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Tests.Proofs;

/// <summary>Credentials whose target does what the test says: honours them for so many uses after their end, lists what it likes.</summary>
internal sealed class ScriptedBackend : Backend
{
    private int _usesLeft = int.MaxValue;

    public const string Word = "scripted";

    /// <summary>Uses that are still honoured after the end; a target that forgets slowly.</summary>
    public int HonouredAfterEnd { get; init; }

    /// <summary>The target refuses to end anything.</summary>
    public bool EndFails { get; set; }

    public bool MintFails { get; init; }

    public Revocability Ends { get; init; } = Revocability.Condition;

    public bool HonouredAtFirst { get; init; } = true;

    public override string Name => Word;
    public override Revocability Revocability => Ends;
    public override TimeSpan ExpectedLatency => TimeSpan.FromMilliseconds(300);
    public override Renewal Renewal => Renewal.None;
    public override IReadOnlyCollection<string> Targets => ["there"];

    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes) => new ScriptedGrant();
    public override string Plan(Order order) => Handle.Write("there", ("name", order.LeaseId));
    public override ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel) => MintFails
        ? throw new BackendException(Word, ReasonCodes.MintFailed, "the target says no", transient: false)
        : ValueTask.FromResult(new Minted(new Secret(("token", "t0p-s3cret")), order.EndsAt));

    public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel)
    {
        if (EndFails) throw new BackendException(Word, ReasonCodes.EndFailed, "the target says no", transient: true);
        Interlocked.CompareExchange(ref _usesLeft, HonouredAfterEnd, int.MaxValue);
        return ValueTask.FromResult(new EndReport(WasThere: true));
    }

    public override ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) => ValueTask.FromResult(Probe.NotPossible);

    public override ValueTask<Probe> UseAsync(Grant grant, Secret secret, CancellationToken cancel)
    {
        Assert.Equal("t0p-s3cret", secret.Member("token"));
        if (!HonouredAtFirst) return ValueTask.FromResult(Probe.Dead);
        if (Volatile.Read(ref _usesLeft) == int.MaxValue) return ValueTask.FromResult(Probe.Alive);
        return ValueTask.FromResult(Interlocked.Decrement(ref _usesLeft) >= 0 ? Probe.Alive : Probe.Dead);
    }

    private sealed record ScriptedGrant() : Grant("there")
    {
        public override bool CanBeUsed => true;
        public override IReadOnlyList<Privilege> Privileges => [new Privilege(Word, "there", "thing", ["use"])];
        public override Narrowed Narrow(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts) => new Narrowed.To(this);
    }
}
