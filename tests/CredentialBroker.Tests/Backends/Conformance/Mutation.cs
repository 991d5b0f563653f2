using CredentialBroker.Protocol;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Conformance;

/// <summary>A backend with one thing broken. What is not overridden is the real one.</summary>
internal abstract class Mutation(Backend real) : Backend
{
    protected Backend Real => real;
    public override string Name => real.Name;
    public override Revocability Revocability => real.Revocability;
    public override Revocability RevocabilityOf(Grant grant) => real.RevocabilityOf(grant);
    public override TimeSpan ExpectedLatency => real.ExpectedLatency;
    public override TimeSpan ExpectedLatencyOf(Grant grant) => real.ExpectedLatencyOf(grant);
    public override Renewal Renewal => real.Renewal;
    public override bool InProcess => real.InProcess;
    public override bool DiesAtExpiry => real.DiesAtExpiry;
    public override bool DiesAtExpiryOf(string handle) => real.DiesAtExpiryOf(handle);
    public override TimeSpan SettleTime => real.SettleTime;
    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes) => real.Compile(section, mistakes);
    public override string Plan(Order order) => real.Plan(order);
    public override ValueTask<string> PrepareAsync(string handle, Order order, CancellationToken cancel) => real.PrepareAsync(handle, order, cancel);
    public override ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel) => real.MintAsync(handle, order, cancel);
    public override ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel) => real.RenewAsync(handle, order, cancel);
    public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel) => real.EndAsync(handle, cancel);
    public override ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) => real.ProbeAsync(handle, cancel);
    public override ValueTask<Probe> UseAsync(Grant grant, Secret secret, CancellationToken cancel) => real.UseAsync(grant, secret, cancel);
    public override ValueTask<IReadOnlyList<Ours>> ListAsync(string target, CancellationToken cancel) => real.ListAsync(target, cancel);
}
