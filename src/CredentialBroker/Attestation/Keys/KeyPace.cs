namespace CredentialBroker.Attestation;

/// <summary>How often a key source is looked at, and how long it is believed.</summary>
/// <param name="Fresh">Keys younger than this are used without a look.</param>
/// <param name="Gap">Time between looks while there are keys, whatever tokens ask for.</param>
/// <param name="FirstGap">Time between looks while there are none.</param>
internal sealed record KeyPace(TimeSpan Fresh, TimeSpan Gap, TimeSpan FirstGap)
{
    /// <summary>How long the last good keys outlive their source; then its tokens are denied.</summary>
    internal static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    internal static readonly KeyPace OfFile = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

    internal static readonly KeyPace OfUrl = new(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10));

    /// <summary>The source's own wish, within what is decent to it and to those who wait for a withdrawal.</summary>
    internal TimeSpan FreshFor(KeySet keys) =>
        keys.LookAgain is not { } wish || wish > Fresh ? Fresh : wish < Gap ? Gap : wish;
}
