namespace CredentialBroker.Protocol.Uses;

/// <summary>What a target's own log says was done with a lease's credential.</summary>
/// <param name="Lease">The lease.</param>
/// <param name="At">When it was done.</param>
/// <param name="Log">Which log says so: <c>cloudtrail</c>, <c>vault</c> or <c>postgres</c>.</param>
/// <param name="Record">The log's own name for its record.</param>
/// <param name="Action">What was done.</param>
/// <param name="Address">From where; absent when the log does not say.</param>
/// <param name="Allowed">Whether the target allowed it.</param>
/// <param name="AfterEnd">Whether the lease was over by then.</param>
public sealed record UseView(string Lease, DateTimeOffset At, string Log, string Record, string Action, string? Address, bool Allowed, bool AfterEnd);

/// <summary>What was done with a lease's credential, oldest first.</summary>
public sealed record UseList(IReadOnlyList<UseView> Uses);

/// <summary>What became of a piece of a log.</summary>
/// <param name="Taken">Records of this broker's leases that were new.</param>
/// <param name="Known">Records that were known.</param>
/// <param name="Others">Records about nobody this broker knows.</param>
/// <param name="AfterEnd">Of the new ones, allowed uses after their lease was over.</param>
/// <param name="Elsewhere">Of the new ones, uses from another address than the lease's first.</param>
public sealed record UseReceipt(int Taken, int Known, int Others, int AfterEnd, int Elsewhere);
