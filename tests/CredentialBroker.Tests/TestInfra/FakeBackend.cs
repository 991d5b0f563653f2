using CredentialBroker.Backends;
using CredentialBroker.Protocol;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.TestInfra;

/// <summary>A backend that takes any section with a <c>target</c>, and makes nothing.</summary>
internal sealed class FakeBackend(string name) : Backend
{
    public override string Name => name;

    public override Revocability Revocability => Revocability.Immediate;

    public override TimeSpan ExpectedLatency => TimeSpan.Zero;

    public override Renewal Renewal => Renewal.None;

    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes)
    {
        if (section.Children.TryGetValue("target", out var target) && target is YamlScalarNode { Value: { } text }) return new FakeGrant(text);
        mistakes.Add(section, $"backend.{name}.target", "required");
        return null;
    }

    public override string Plan(Order order) => order.LeaseId;

    public override ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel) => throw new NotSupportedException();

    public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel) => ValueTask.FromResult(new EndReport(false));

    public override ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) => ValueTask.FromResult(Probe.NotPossible);
}

/// <param name="Scopes">What it grants: a narrowing keeps those that both intents name.</param>
internal sealed record FakeGrant(string Target, params IReadOnlyList<string> Scopes) : Grant(Target)
{
    /// <summary>Stands in for the narrowing, to see what policy makes of it.</summary>
    public Func<IReadOnlyDictionary<string, string>, Narrowed>? Instead { get; init; }

    public override Narrowed Narrow(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts)
    {
        if (Instead is not null) return Instead(facts);
        var left = Scopes.Where(scope => Names(asked, scope) && Names(approved, scope)).ToList();
        return left.Count == 0 && Scopes.Count > 0
            ? new Narrowed.Refused(ReasonCodes.IntentRefused, "nothing is left")
            : new Narrowed.To(new FakeGrant(Target, left));
    }

    public override IReadOnlyList<Privilege> Privileges => [.. Scopes.Select(scope => new Privilege("fake", Target, scope, ["use"]))];

    private static bool Names(Intent? intent, string scope) => intent?.Scopes is not { Count: > 0 } scopes || scopes.Contains(scope);
}
