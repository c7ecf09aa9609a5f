"""Identify, Get, Enumerate/Pull and a fault, through the protocol layer of python3-winrm: arguments are address, authentication (basic or ntlm), user, password.
Prints one line per answer; the password of a user that does not exist must be refused."""
import sys
import uuid
import xml.etree.ElementTree as ET

from winrm.exceptions import InvalidCredentialsError, WinRMError, WinRMTransportError
from winrm.protocol import Protocol

NS = {
    's': 'http://www.w3.org/2003/05/soap-envelope',
    'a': 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
    'w': 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd',
    'n': 'http://schemas.xmlsoap.org/ws/2004/09/enumeration',
    'i': 'http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd',
}
WMI = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/virtualization/v2/'
WQL = 'http://schemas.microsoft.com/wbem/wsman/1/WQL'
ENUMERATION = NS['n']
TRANSFER = 'http://schemas.xmlsoap.org/ws/2004/09/transfer'


def protocol(user, password):
    return Protocol(sys.argv[1], transport={'basic': 'plaintext', 'ntlm': 'ntlm'}[sys.argv[2]], username=user, password=password,
                    message_encryption='never' if sys.argv[2] == 'basic' else 'always')


def envelope(action, resource, body, selectors=''):
    declared = ' '.join('xmlns:%s="%s"' % pair for pair in NS.items())
    return ('<s:Envelope %s><s:Header><a:To>%s</a:To><w:ResourceURI s:mustUnderstand="true">%s</w:ResourceURI><a:ReplyTo><a:Address s:mustUnderstand="true">'
            'http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo><a:Action s:mustUnderstand="true">%s</a:Action>'
            '<w:MaxEnvelopeSize s:mustUnderstand="true">153600</w:MaxEnvelopeSize><a:MessageID>uuid:%s</a:MessageID><w:Locale xml:lang="en-US" s:mustUnderstand="false"/>'
            '<w:OperationTimeout>PT20S</w:OperationTimeout>%s</s:Header><s:Body>%s</s:Body></s:Envelope>'
            % (declared, sys.argv[1], resource, action, uuid.uuid4(), selectors, body))


def main():
    client = protocol(sys.argv[3], sys.argv[4])

    def send(text):
        answer = client.transport.send_message(text.encode('utf-8'))
        return ET.fromstring(answer if isinstance(answer, bytes) else answer.encode('utf-8'))

    identity = send('<s:Envelope xmlns:s="%(s)s" xmlns:i="%(i)s"><s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>' % NS)
    print('identify', identity.find('.//i:ProductVersion', NS).text)

    wql = 'SELECT * FROM Msvm_ComputerSystem WHERE Name != __SERVER'
    answer = send(envelope(ENUMERATION + '/Enumerate', WMI + '*', '<n:Enumerate><w:Filter Dialect="%s">%s</w:Filter></n:Enumerate>' % (WQL, wql)))
    names = []
    while answer.find('.//n:EndOfSequence', NS) is None:
        context = answer.find('.//n:EnumerationContext', NS).text
        answer = send(envelope(ENUMERATION + '/Pull', WMI + '*', '<n:Pull><n:EnumerationContext>%s</n:EnumerationContext><n:MaxElements>2</n:MaxElements></n:Pull>' % context))
        names += [item.find('{%sMsvm_ComputerSystem}ElementName' % WMI).text for item in answer.find('.//n:Items', NS)]
    print('enumerate', ' '.join(sorted(names)))

    selectors = '<w:SelectorSet><w:Selector Name="CreationClassName">Msvm_ComputerSystem</w:Selector><w:Selector Name="Name">%s</w:Selector></w:SelectorSet>'
    host = send(envelope(TRANSFER + '/Get', WMI + 'Msvm_ComputerSystem', '', selectors % 'HV1'))
    print('get', host.find('.//{%sMsvm_ComputerSystem}Name' % WMI).text)
    try:
        send(envelope(TRANSFER + '/Get', WMI + 'Msvm_ComputerSystem', '', selectors % 'nobody'))
        print('fault none')
    except (WinRMError, WinRMTransportError) as error:
        print('fault', 'DestinationUnreachable' if 'DestinationUnreachable' in str(getattr(error, 'response_text', '')) else error)

    client = protocol('stranger', 'wrong')
    try:
        send(envelope(TRANSFER + '/Get', WMI + 'Msvm_ComputerSystem', '', selectors % 'HV1'))
        print('stranger accepted')
    except InvalidCredentialsError:
        print('stranger refused')


main()
