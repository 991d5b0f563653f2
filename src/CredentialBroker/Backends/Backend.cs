using CredentialBroker.Protocol;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends;

/// <summary>How a renewal of the credential works.</summary>
internal enum Renewal
{
    /// <summary>The same credential lives longer.</summary>
    Extend,
    /// <summary>A new credential is handed out under the same lease.</summary>
    Reissue,
    /// <summary>Claim a new lease.</summary>
    None,
}

/// <summary>
/// One kind of credential: how it is planned, made, renewed, probed and ended. Everything that ending needs is in the
/// handle, which is durable before <see cref="MintAsync"/> runs; no template is looked up to end something.
/// </summary>
internal abstract class Backend
{
    /// <summary>The word in templates and leases.</summary>
    public abstract string Name { get; }

    public abstract Revocability Revocability { get; }

    /// <summary>What ending means for this very grant, where that depends on its target.</summary>
    public virtual Revocability RevocabilityOf(Grant grant) => Revocability;

    /// <summary>How soon an ended credential is expected to be refused.</summary>
    public abstract TimeSpan ExpectedLatency { get; }

    /// <summary>How soon for this very grant, where that depends on it.</summary>
    public virtual TimeSpan ExpectedLatencyOf(Grant grant) => ExpectedLatency;

    public abstract Renewal Renewal { get; }

    /// <summary>True when nothing exists anywhere until the answer is released, so intent and effect are one commit.</summary>
    public virtual bool InProcess => false;

    /// <summary>True when the credential is wholly dead at its own expiry, without the broker's help.</summary>
    public virtual bool DiesAtExpiry => false;

    /// <summary>The same of this very lease, where it depends on how it was made.</summary>
    public virtual bool DiesAtExpiryOf(string handle) => DiesAtExpiry;

    /// <summary>Longest time one mint or renew may take; the deadline is also enforced at the target.</summary>
    public virtual TimeSpan OperationTimeout => TimeSpan.FromSeconds(10);

    /// <summary>How long after its deadline an operation can still take effect at the target.</summary>
    public virtual TimeSpan SettleTime => TimeSpan.Zero;

    /// <summary>Names of the configured targets of this kind.</summary>
    public virtual IReadOnlyCollection<string> Targets => [];

    /// <summary>Looks at a target as it is now and lists what would keep leases there from being made or ended; empty when all is well.</summary>
    public virtual ValueTask<IReadOnlyList<string>> CheckAsync(string target, CancellationToken cancel) => ValueTask.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Compiles a template's section; null when a mistake was reported. Bounded by the target's configuration.</summary>
    public abstract Grant? Compile(YamlMappingNode section, Mistakes mistakes);

    /// <summary>Names everything the broker may name, from the lease id alone. Pure.</summary>
    public abstract string Plan(Order order);

    /// <summary>Where the far side does the naming: makes the harmless container and returns a handle bound to it.</summary>
    public virtual ValueTask<string> PrepareAsync(string handle, Order order, CancellationToken cancel) => ValueTask.FromResult(handle);

    /// <summary>Makes the credential. Never takes effect after <see cref="Order.Deadline"/> plus <see cref="SettleTime"/>.</summary>
    /// <exception cref="BackendException">It was not made, or not certainly made.</exception>
    public abstract ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel);

    /// <summary>Extends or reissues until <see cref="Order.EndsAt"/>.</summary>
    public virtual ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel) =>
        throw new BackendException(Name, ReasonCodes.LeaseNotRenewable, "this backend does not renew", transient: false);

    /// <summary>Ends the credential; succeeds when nothing is left to end.</summary>
    /// <exception cref="BackendException">The target did not confirm.</exception>
    public abstract ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel);

    /// <summary>Whether the credential still exists at the target.</summary>
    public abstract ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel);

    /// <summary>
    /// Uses the credential for the harmless action that its grant names: the one proof that it is honoured, or no longer.
    /// <see cref="Probe.NotPossible"/> where none is named. An answer that is neither yes nor no throws.
    /// </summary>
    public virtual ValueTask<Probe> UseAsync(Grant grant, Secret secret, CancellationToken cancel) => ValueTask.FromResult(Probe.NotPossible);

    /// <summary>Everything at a target that carries this broker's id, whatever its leases have become.</summary>
    public virtual ValueTask<IReadOnlyList<Ours>> ListAsync(string target, CancellationToken cancel) => ValueTask.FromResult<IReadOnlyList<Ours>>([]);
}

/// <summary>What a template's section allows at most, narrowed per claim by intent and filled with proven facts.</summary>
internal abstract record Grant(string Target)
{
    /// <summary>
    /// Narrows to what was asked and approved, and fills parameters such as <c>{workload.namespace}</c>. A value that
    /// this backend cannot carry safely refuses the claim; nothing is escaped into shape.
    /// </summary>
    public abstract Narrowed Narrow(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts);

    public abstract IReadOnlyList<Privilege> Privileges { get; }

    /// <summary>It names a harmless action by which anyone can see whether the credential is honoured.</summary>
    public virtual bool CanBeUsed => false;

    /// <summary>
    /// How long what is handed out may live on after its lease, whatever is asked of the far side; a template that accepts
    /// less is no template.
    /// </summary>
    public virtual TimeSpan Outlives => TimeSpan.Zero;
}

internal abstract record Narrowed
{
    private Narrowed() { }

    internal sealed record To(Grant Grant) : Narrowed;

    internal sealed record Refused(string Code, string Detail) : Narrowed;
}

/// <summary>One credential to be made.</summary>
/// <param name="LeaseId">Names everything made for it.</param>
/// <param name="Grant">What it may do; already narrowed.</param>
/// <param name="Facts">Proven facts of the workload by name, such as <c>workload.uri</c>.</param>
/// <param name="EndsAt">When the lease is over, UTC milliseconds.</param>
/// <param name="Deadline">After this the operation must not take effect, UTC milliseconds.</param>
internal sealed record Order(string LeaseId, Grant Grant, IReadOnlyDictionary<string, string> Facts, long EndsAt, long Deadline)
{
    /// <summary>Id of the approval it is made under, for what is recorded at the target.</summary>
    public string Approval { get; init; } = "";

    /// <summary>The task it is made for.</summary>
    public string Task { get; init; } = "";

    /// <summary>The template it is made from.</summary>
    public string Template { get; init; } = "";
}

/// <summary>A credential just made, on its one way out.</summary>
/// <param name="Secret">What the workload gets; empty where a renewal keeps the credential it has.</param>
/// <param name="DiesBy">When the credential stops by itself, UTC milliseconds.</param>
/// <param name="Handle">A handle that replaces the planned one, where minting learned more; else null.</param>
internal sealed record Minted(Secret Secret, long DiesBy, string? Handle = null);

/// <param name="WasThere">False when nothing was left to end.</param>
/// <param name="SessionsCut">Sessions that were using the credential and were cut; proof of use.</param>
internal sealed record EndReport(bool WasThere, int SessionsCut = 0);

/// <summary>Something at a target that this broker made.</summary>
/// <param name="LeaseId">Read from its name or tags.</param>
/// <param name="Handle">Enough to end it with.</param>
internal sealed record Ours(string LeaseId, string Handle);

internal enum Probe
{
    Alive,
    Dead,
    NotPossible,
}
