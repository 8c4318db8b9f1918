// Theme, ticking times, time zone, keyboard, dialogs, toasts, and what htmx needs to be told.
const root = document.documentElement
const $ = (selector, from = document) => from.querySelector(selector)
const all = (selector, from = document) => from.querySelectorAll(selector)
const dialogOpen = () => $('dialog[open]')
const token = () => JSON.parse(document.body.getAttribute('hx-headers') || '{}')['X-CSRFToken']

const post = (address, fields) => fetch(address, {
  method: 'POST', body: new URLSearchParams(fields), credentials: 'same-origin', headers: { 'X-CSRFToken': token() },
})

// Toasts
const toast = (text, bad) => {
  const box = document.createElement('div')
  const words = document.createElement('span')
  const close = document.createElement('button')
  box.className = bad ? 'toast bad' : 'toast'
  words.textContent = text
  close.type = 'button'
  close.textContent = 'Dismiss'
  close.dataset.dismiss = ''
  box.append(words, close)
  $('#toasts').append(box)
  fade(box, bad ? 12 : 6)
}
const fade = (box, seconds) => setTimeout(() => {
  if (box.matches(':hover, :focus-within')) fade(box, 2)
  else box.remove()
}, seconds * 1000)

// Theme: at once here, then kept with the person
const switchTheme = (button) => {
  const dark = matchMedia('(prefers-color-scheme:dark)').matches
  const theme = (root.dataset.theme || (dark ? 'dark' : 'light')) === 'dark' ? 'light' : 'dark'
  root.dataset.theme = theme
  post(button.dataset.post, { theme }).catch(() => toast('The theme was not saved: the server cannot be reached.', true))
}

// Times that tick, worded as the server words them
const span = (seconds) => {
  const s = Math.max(0, Math.floor(seconds))
  if (s < 120) return s + ' s'
  if (s < 7200) return Math.floor(s / 60) + ' min'
  if (s < 172800) return Math.floor(s / 3600) + ' h'
  return Math.floor(s / 86400) + ' d'
}
const say = (element, text) => { if (element.textContent !== text) element.textContent = text }
const skew = Date.parse(($('#asked') || {}).dateTime || '') - Date.now() || 0
const now = () => Date.now() + skew
const tick = () => {
  if (document.hidden) return
  for (const t of all('time[data-age]')) say(t, span((now() - Date.parse(t.dateTime)) / 1000))
  for (const t of all('time[data-until]')) {
    const left = (Date.parse(t.dateTime) - now()) / 1000
    say(t, left > 0 ? 'in ' + span(left) : 'now')
  }
  for (const t of all('time[data-clock]')) say(t, longDate(t.dataset.clock))
}
const longDate = (zone) => {
  const parts = {}
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  })
  for (const { type, value } of format.formatToParts(now())) parts[type] = value
  return `${parts.weekday} ${parts.day} ${parts.month} ${parts.year}, ${parts.hour}:${parts.minute}`
}

// The browser's zone, told once
const detectZone = () => {
  const address = document.body.dataset.detectZone
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  if (!address || !zone || sessionStorage.getItem('zone') === zone) return
  sessionStorage.setItem('zone', zone)
  post(address, { time_zone: zone })
    .then((answer) => { if (answer.ok && zone !== document.body.dataset.zone) location.reload() })
    .catch(() => {})
}

// Dialogs
const openDialog = (dialog) => { if (dialog && !dialog.open) dialog.showModal() }
const closeMenus = (except) => { for (const menu of all('details.menu[open]')) if (menu !== except) menu.open = false }

document.addEventListener('click', (event) => {
  const on = (selector) => event.target.closest(selector)
  closeMenus(on('details.menu'))
  if (on('#theme')) switchTheme(on('#theme'))
  if (on('[data-dismiss]')) on('.toast').remove()
  if (on('[data-open]')) { closeMenus(); openDialog(document.getElementById(on('[data-open]').dataset.open)) }
  if (on('dialog [data-close]')) { event.preventDefault(); on('dialog').close() }
  if (event.target.matches && event.target.matches('dialog:not(.editor)')) event.target.close()
})

document.addEventListener('change', ({ target }) => {
  if (target.matches('[data-all]')) for (const box of all('#rows [type=checkbox]')) box.checked = target.checked
})

// Keyboard
let going = 0
document.addEventListener('keydown', (event) => {
  const finder = event.target.closest('.search')
  if ((event.ctrlKey || event.metaKey) && event.key === 'k' && !dialogOpen()) { event.preventDefault(); $('#search').focus() }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  if (finder && /^Arrow(Up|Down)$/.test(event.key)) {
    const links = stops(finder)
    event.preventDefault()
    links[(links.indexOf(event.target) + (event.key === 'ArrowUp' ? links.length - 1 : 1)) % links.length].focus()
  }
  if (event.key === 'Enter' && event.target.matches('#rows [type=checkbox]')) event.preventDefault()
  const field = finder || event.target.closest('input, select, textarea, [contenteditable]')
  if (event.key === 'Escape') {
    const menu = $('details.menu[open]')
    if (menu) { menu.open = false; $('summary', menu).focus() } else if (field && !dialogOpen()) event.target.blur()
    return
  }
  if (field || dialogOpen()) return
  const go = event.timeStamp - going < 1500 && $(`[data-go="${CSS.escape(event.key.toLowerCase())}"]`)
  going = 0
  if (go) { event.preventDefault(); location.href = go.href }
  else if (event.key === 'g') going = event.timeStamp
  else if (event.key === '/') { event.preventDefault(); $('#search').focus() }
  else if (event.key === '?') { event.preventDefault(); openDialog($('#keys')) }
})

// htmx: live parts, asked for only while the page is seen and nothing is open; what is unchanged is left alone.
const isLive = (element) => element && element.hasAttribute && element.hasAttribute('data-poll')
const busy = () => document.hidden || dialogOpen() || $('details.menu[open]') || $('#rows :checked, .picks :checked')
const poll = () => { for (const live of all('[data-poll]')) if (!busy()) window.htmx.trigger(live, 'poll') }
let etag = ''
let asked = ''
let held, nth, home
let rows = []

// Where the focus goes when what has it is swapped away: the same place of its row, else the start of the next or of
// the one before, else of the dialog or the content. A second Enter must not hit a neighbour.
const stops = (row) => [...all('a[href], button, input:not([type=hidden])', row)]
const keepPlace = () => {
  home = document.activeElement.closest('.search') ? '#search' : '#main'
  const row = document.activeElement.closest('#rows > *, #need li, .shift')
  const beside = row ? [...row.parentNode.children] : []
  const at = beside.indexOf(row)
  nth = row && !row.matches('.shift') ? stops(row).indexOf(document.activeElement) : 0
  rows = [...beside.slice(at), ...beside.slice(0, Math.max(at, 0)).reverse()].map((other) => other.id)
}
const takePlace = () => {
  for (const id of rows) {
    const found = stops(document.getElementById(id) || document.createElement('p'))
    const stop = (id === rows[0] && found[nth]) || found[0]
    if (stop) return stop.focus({ preventScroll: true })
  }
  (dialogOpen() ? stops(dialogOpen())[0] : $(home)).focus({ preventScroll: true })
}

document.addEventListener('htmx:configRequest', ({ detail }) => {
  if (isLive(detail.elt)) {
    const rows = $('#rows')
    asked = location.search
    detail.path += asked
    if (rows) detail.headers['X-Rows'] = rows.dataset.keys
    if (etag) detail.headers['If-None-Match'] = etag
  } else if (detail.verb === 'get') {
    for (const [name, value] of [...detail.formData]) if (!value) detail.formData.delete(name)
  }
})
document.addEventListener('htmx:beforeSwap', ({ detail }) => {
  held = document.activeElement !== document.body
  const said = detail.xhr.getResponseHeader('HX-Trigger') && detail.xhr.status < 300
  const stays = detail.requestConfig.elt.matches('[data-stays]') && !said
  if (!isLive(detail.requestConfig.elt)) { if (!stays) for (const dialog of all('#dialogs dialog[open]')) dialog.close() }
  else if (busy() || asked !== location.search) detail.shouldSwap = false
  else etag = detail.xhr.getResponseHeader('ETag') || ''
  keepPlace()
})
document.addEventListener('htmx:afterRequest', ({ detail }) => {
  if (detail.successful && detail.requestConfig.elt.matches('[data-stays]') && detail.xhr.getResponseHeader('HX-Trigger')) {
    if (document.activeElement.closest('.picks')) $('.picks input').focus() // its buttons go with the selection
    for (const box of all('#rows :checked, .picks :checked')) box.checked = false
    poll()
  }
  if (isLive(detail.elt) && (detail.successful || detail.xhr.status === 304)) $('#asked').dateTime = new Date(now()).toISOString()
})
document.addEventListener('htmx:oobBeforeSwap', ({ detail }) => {
  const coming = detail.fragment.firstElementChild
  if (coming && coming.dataset.v && coming.dataset.v === detail.target.dataset.v) detail.shouldSwap = false
})
document.addEventListener('htmx:afterSettle', () => {
  tick()
  openDialog($('#dialogs dialog[data-modal]'))
  if (held && document.activeElement === document.body) takePlace()
})
document.addEventListener('toast', ({ target, detail }) => { if (!isLive(target)) toast(detail.text, detail.bad) })
document.addEventListener('htmx:responseError', ({ detail }) => {
  if (isLive(detail.elt) || detail.xhr.getResponseHeader('HX-Trigger')) return
  toast(`That did not work: the server answered ${detail.xhr.status}. Try again.`, true)
})
for (const failed of ['htmx:sendError', 'htmx:timeout']) {
  document.addEventListener(failed, ({ detail }) => {
    if (!isLive(detail.elt)) toast('The server cannot be reached. Nothing was changed.', true)
  })
}

for (const box of all('#toasts .toast')) fade(box, 8)
detectZone()
tick()
setInterval(tick, 1000)
if ($('[data-poll]')) {
  setInterval(poll, 1000 * $('[data-poll]').dataset.poll)
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { tick(); poll() } })
}
