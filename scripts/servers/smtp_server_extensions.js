// SPDX-License-Identifier: MIT
// npm's smtp-server (npm.sh) on loopback, with the extensions that it has and no login. PORT has
// STARTTLS and offers all of them, REQUIRETLS over TLS alone; PLAIN_PORT has STARTTLS and hides
// all that can be hidden; LMTP_PORT speaks LMTP in clear. nobody@ is refused by RCPT; by LMTP, when
// the message is whole, full@ is refused (552) and busy@ deferred (451). Mail is stored like
// aiosmtpd_server.py's.
//
// usage: smtp_server_extensions.js NODE_MODULES CERTIFICATES STORE
//     prints `ready PORT PLAIN_PORT LMTP_PORT`
'use strict';
const fs = require('fs');
const path = require('path');
const [modules, certificates, store] = process.argv.slice(2);
const { SMTPServer } = require(path.join(modules, 'smtp-server'));
let count = 0;

function refusal(code, text) {
    return Object.assign(new Error(text), { responseCode: code });
}

function checkRecipient(recipient, session, done) {
    const known = !recipient.address.startsWith('nobody@');
    done(known ? null : refusal(550, 'no such user'));
}

const fates = {
    full: () => refusal(552, 'the mailbox is full'),
    busy: () => refusal(451, 'the mailbox is locked'),
};

function deliver(recipient) {
    const fate = fates[recipient.address.split('@')[0]];
    return fate ? fate() : 'kept as ' + count + ' for ' + recipient.address;
}

// The mail is whole on disk before the server says 250.
function keep(lmtp, stream, session, done) {
    const pieces = [];
    stream.on('data', (piece) => pieces.push(piece));
    stream.on('end', () => {
        const name = path.join(store, String(++count).padStart(4, '0'));
        const envelope = session.envelope;
        fs.writeFileSync(name + '.json', JSON.stringify({
            from: envelope.mailFrom.address,
            to: envelope.rcptTo.map((recipient) => recipient.address),
            tls: session.secure,
            requiretls: envelope.requireTLS,
            utf8: Boolean(envelope.smtpUtf8),
            body: envelope.bodyType,
            dsn: envelope.dsn,
            rcpt_dsn: envelope.rcptTo.map((recipient) => recipient.dsn),
        }));
        fs.writeFileSync(name + '.part', Buffer.concat(pieces));
        fs.renameSync(name + '.part', name + '.eml');
        done(null, lmtp ? envelope.rcptTo.map(deliver) : 'queued as ' + name);
    });
}

function serve(lmtp, hidden) {
    const server = new SMTPServer({
        lmtp,
        name: 'mail.test',
        key: fs.readFileSync(path.join(certificates, 'server.key')),
        cert: fs.readFileSync(path.join(certificates, 'server.pem')),
        disabledCommands: lmtp ? ['AUTH', 'STARTTLS'] : ['AUTH'],
        disableReverseLookup: true,
        size: 64 << 20,
        hideENHANCEDSTATUSCODES: hidden,
        hidePIPELINING: hidden,
        hide8BITMIME: hidden,
        hideSMTPUTF8: hidden,
        hideDSN: hidden,
        hideREQUIRETLS: hidden,
        hideSize: hidden,
        onRcptTo: checkRecipient,
        onData: keep.bind(null, lmtp),
    });
    server.on('error', (error) => console.error(String(error)));
    return new Promise((resolve) =>
        server.listen(0, '127.0.0.1', () => resolve(server.server.address().port)));
}

Promise.all([serve(false, false), serve(false, true), serve(true, false)])
    .then((ports) => console.log('ready', ...ports));
