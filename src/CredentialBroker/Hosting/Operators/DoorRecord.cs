using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Hosting;

/// <summary>A record of what happened at the door, as work of a unit; given by the room that keeps the evidence, which this one may not use.</summary>
/// <param name="type">Type of the record, such as <c>operator.refused</c>.</param>
/// <param name="count">How many times; null for once.</param>
internal delegate Work DoorRecord(string type, string actor, string detail, long? count);
