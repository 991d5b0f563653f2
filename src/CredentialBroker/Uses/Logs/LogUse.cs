namespace CredentialBroker.Uses;

/// <summary>One use of something of this broker's, as a log tells it.</summary>
/// <param name="Record">The log's own name for its record, so that it is taken once.</param>
/// <param name="Lease">Whose credential it was.</param>
/// <param name="At">When, in UTC milliseconds.</param>
/// <param name="Action">What was done; never a statement's or request's text, which may hold anything.</param>
/// <param name="Address">From where, when the log says so.</param>
/// <param name="Allowed">Whether the target allowed it.</param>
internal sealed record LogUse(string Record, string Lease, long At, string Action, string? Address, bool Allowed);

/// <summary>What a piece of a log holds.</summary>
/// <param name="Uses">Uses of what this broker issued.</param>
/// <param name="Others">How many records are about others.</param>
internal sealed record LogPiece(IReadOnlyList<LogUse> Uses, int Others);

/// <summary>A piece of a log that is not what it is said to be.</summary>
internal sealed class LogFormatException(int number, string what) : FormatException($"record {number}: {what}");
