using CredentialBroker.Protocol.Controls;

namespace CredentialBroker.Hosting;

/// <summary>Tells operators how something fares that a replica depends on. Asks nobody: it tells what is known already.</summary>
internal interface IHealthSource
{
    IEnumerable<HealthPart> Parts();
}
